"""What is kept of a job: settings files, run.json of a batch, and the settings inside a painted PNG. One format for all."""
