"""Who judges the parts of an audit: this process, some on this machine, or a cluster; the bytes are the same."""
