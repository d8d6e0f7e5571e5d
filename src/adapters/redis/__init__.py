"""Redis or Valkey, for several instances; the package `redis` is an optional extra."""
