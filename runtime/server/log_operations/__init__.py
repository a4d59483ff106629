"""The operations of CloudWatch Logs that the runtime answers itself, for the groups of its jobs."""
