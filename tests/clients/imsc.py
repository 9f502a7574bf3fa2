"""Reads a TTML file as IMSC, and prints it as SubRip: every complaint of the reader is an error."""
import logging
import sys
import xml.etree.ElementTree as xml

import ttconv.imsc.reader
import ttconv.srt.writer

told = []


class Told(logging.Handler):
    def emit(self, record):
        told.append(record.getMessage())


logging.getLogger().addHandler(Told(level=logging.WARNING))
document = ttconv.imsc.reader.to_model(xml.parse(sys.argv[1]))
sys.stdout.write(ttconv.srt.writer.from_model(document))
if told or document is None:
    sys.exit("\n".join(told))
