// replaced by the reader
