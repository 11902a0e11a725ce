"""The door for agents: what a program that speaks the Model Context Protocol may ask and do."""
