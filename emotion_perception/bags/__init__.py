"""rosbag2 files without ROS: written so that they survive what happens to a robot, read, and recovered when cut."""
