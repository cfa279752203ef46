"""Data, networks, training and evaluation. All but `data` import keras: worker only, never the server."""
