"""What was asked: the deployment file, read with every problem at its line and column, into one typed form. Pure."""
