"""`python -m vunnet` is the command `vunnet`."""

from vunnet.cli import main

if __name__ == "__main__":
    main()
