"""What goes over the wire between the gateway and an agent; the only protobuf. Generated files are committed."""
