"""Where frames come from: cameras, video files, pictures, a test pattern. Knows nothing of ROS."""
