"""Commands that export a trained network and ask one."""
