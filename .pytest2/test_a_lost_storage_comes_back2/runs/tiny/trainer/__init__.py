"""The program that travels to the execute point: trains one trial. Imports torch's world and nothing of sweep."""
