"""python -m cyclorama.web"""

from cyclorama.web import main

main()
