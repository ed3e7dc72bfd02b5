"""Tables of any size as files that people open: streamed workbooks and CSV, in constant memory."""
