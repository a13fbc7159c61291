"""Registers: loans, stock, licences, leases, media, room access: one engine that the schemas drive."""
