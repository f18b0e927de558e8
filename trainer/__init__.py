"""The program that trains one trial on an execute point. It needs torch and torchvision, and nothing of sweep."""
