"""The backorder dashboard: what a company owes its customers and cannot ship today."""
