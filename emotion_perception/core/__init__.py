"""What the robot knows: faces, tracks, expressions. Plain Python, NumPy and OpenCV; never imports rclpy."""
