"""The retry policy: when to connect again, and after which delay. Pure, no IO."""
