"""`python -m pipeline` is `recognition`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
