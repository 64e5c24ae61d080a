"""Reading text files and cutting them into windows."""
