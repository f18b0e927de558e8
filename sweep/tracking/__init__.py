"""Uploads trials to TensorBoard, MLflow and Weights & Biases."""
