"""The administration endpoint of a simulated WSUS server (sim): MS-WSUSAR over HTTP or HTTPS, as strict as its specification."""
