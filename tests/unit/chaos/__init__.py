"""Tests of the checkers that `make chaos` trusts: each must see what it is for."""
