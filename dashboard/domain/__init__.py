"""The arithmetic: frames in, frames out. Knows no screen, no SQL and no clock."""
