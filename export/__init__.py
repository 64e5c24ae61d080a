"""Commands that export a trained network and ask a served one."""
