"""Opens a document of Word, and prints what is in it: a line of JSON for the title, and one for each paragraph."""
import json
import sys

import docx

document = docx.Document(sys.argv[1])
print(json.dumps({"title": document.core_properties.title, "created": str(document.core_properties.created)}))
for paragraph in document.paragraphs:
    runs = [[run.style.name if run.style else None, run.text] for run in paragraph.runs]
    print(json.dumps({"style": paragraph.style.name, "text": paragraph.text, "runs": runs}))
