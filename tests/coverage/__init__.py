"""What a suite has tried of its workflows."""
