"""What the digit page is made of."""
