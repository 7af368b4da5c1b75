"""What pages share: how things look and how they are shown. Imports no page."""
