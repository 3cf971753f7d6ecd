"""What every app stands on: errors, the clock, the guarded save, dispatch. No word of the domain."""
