"""`python -m tir`: the same as `tir`."""

from tir.cli import main

if __name__ == "__main__":
    main()
