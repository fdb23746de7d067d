"""The deployment file's shape, declared, and a tree checked against it: values out, and problems with their places."""
