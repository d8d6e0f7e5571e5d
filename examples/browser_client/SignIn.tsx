"use client";

// A component for Next.js or any other React application, over the plain core in hexkey.js.

import { type FormEvent, useState } from "react";
import { Hexkey, Refused } from "./hexkey.js";

const hexkey = new Hexkey(process.env.NEXT_PUBLIC_HEXKEY_URL ?? "http://127.0.0.1:8000");

function sentence(refusal: Refused): string {
  switch (refusal.code) {
    case "invalid_credentials":
      return "That user name and password do not match.";
    case "too_many_attempts":
      return `Too many attempts. Try again in ${refusal.retryAfter} seconds.`;
    case "unreachable":
      return "We cannot reach the sign-in service. Try again in a moment.";
    default:
      return refusal.message;
  }
}

export function SignIn({ onSignedIn }: { onSignedIn: (username: string) => void }) {
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await hexkey.signIn(String(form.get("login")), String(form.get("password")));
      onSignedIn((await hexkey.me()).username);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setProblem(sentence(error));
    }
  }

  return (
    <form onSubmit={submit}>
      <input name="login" autoComplete="username" required />
      <input name="password" type="password" autoComplete="current-password" required />
      <button>Sign in</button>
      {problem !== null && <p role="alert">{problem}</p>}
    </form>
  );
}
