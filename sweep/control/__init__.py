"""Starts, tries, stops and repairs a sweep."""
