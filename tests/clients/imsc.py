"""Validates a TTML file as IMSC by the rules of its render model, reads it, and prints it as SubRip: every complaint is an error."""
import logging
import sys
import xml.etree.ElementTree as xml

import imschrm.doc_sequence
import imschrm.hrm
import ttconv.imsc.reader
import ttconv.srt.writer

told = []


class Told(logging.Handler):
    def emit(self, record):
        told.append(record.getMessage())


logging.getLogger().addHandler(Told(level=logging.WARNING))
with open(sys.argv[1], encoding="utf-8") as file:
    documents = [(0, None, file.read())]
imschrm.hrm.validate(imschrm.doc_sequence.iter_isd(documents))
document = ttconv.imsc.reader.to_model(xml.parse(sys.argv[1]))
sys.stdout.write(ttconv.srt.writer.from_model(document))
if told or document is None:
    sys.exit("\n".join(told))
