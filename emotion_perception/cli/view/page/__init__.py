"""The files of the live page, served as they are: HTML, CSS and JavaScript that nothing has to build."""
