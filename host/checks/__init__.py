"""What the doctor looks at: small functions, each of which gives findings and changes nothing."""
