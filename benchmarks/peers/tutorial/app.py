"""The application that FastAPI's tutorials on security and SQL databases lead to.

Synchronous routes, one SQLAlchemy session per request, bcrypt at cost 12, HS256 tokens. One thing
is kinder than in the tutorials: the pool has a connection for every thread. With SQLAlchemy's
default of 15 for FastAPI's 40 threads, all threads wait for connections whose sessions no thread
is left to close, and 64 clients get almost no answers at all.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import bcrypt
import jwt
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

SECRET_KEY = os.environ["SECRET_KEY"]
ALGORITHM = "HS256"
TOKEN_LIFETIME = timedelta(minutes=30)
BCRYPT_COST = 12

url = os.environ["DATABASE_URL"]
THREADS = 40  # of anyio, in which FastAPI runs synchronous routes
engine = create_engine(
    url,
    pool_size=THREADS,
    connect_args={"check_same_thread": False} if url.startswith("sqlite") else {},
)
SessionLocal = sessionmaker(engine, autoflush=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True, index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True, index=True)
    full_name: Mapped[str | None] = mapped_column(String(100))
    hashed_password: Mapped[str] = mapped_column(String(100))
    disabled: Mapped[bool] = mapped_column(default=False)


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    email: str
    full_name: str | None
    disabled: bool


class Token(BaseModel):
    access_token: str
    token_type: str


Base.metadata.create_all(engine)
app = FastAPI()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


Database = Annotated[Session, Depends(get_db)]


def find_user(db: Session, username: str) -> User | None:
    return db.scalar(select(User).where(User.username == username))


def get_current_user(token: Annotated[str, Depends(oauth2_scheme)], db: Database) -> User:
    refused = HTTPException(
        status.HTTP_401_UNAUTHORIZED,
        "Could not validate credentials",
        {"WWW-Authenticate": "Bearer"},
    )
    try:
        username = jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM]).get("sub")
    except jwt.InvalidTokenError:
        raise refused from None
    user = find_user(db, username) if username else None
    if user is None:
        raise refused
    return user


def get_current_active_user(user: Annotated[User, Depends(get_current_user)]) -> User:
    if user.disabled:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "Inactive user")
    return user


@app.post("/token")
def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], db: Database) -> Token:
    user = find_user(db, form.username)
    if user is None or not bcrypt.checkpw(form.password.encode(), user.hashed_password.encode()):
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            "Incorrect username or password",
            {"WWW-Authenticate": "Bearer"},
        )
    claims = {"sub": user.username, "exp": datetime.now(UTC) + TOKEN_LIFETIME}
    return Token(access_token=jwt.encode(claims, SECRET_KEY, ALGORITHM), token_type="bearer")


@app.get("/users/me", response_model=UserOut)
def me(user: Annotated[User, Depends(get_current_active_user)]) -> User:
    return user
