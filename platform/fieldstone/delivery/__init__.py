"""One file per channel, exposing CHANNEL: sends what committed writes asked for."""
