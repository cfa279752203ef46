"""Figures: validate, gather a frozen info, draw. Pure; knows no store, no page and no theme."""
