"""What differs between operating systems, one file an idea. Nothing outside this room
checks which one it runs on."""
