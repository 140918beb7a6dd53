"""The demo company: an invented wholesaler whose 24 months end today, to look around before one's own data comes."""

from data_access.demo.catalogue import CHARACTERS, supplier_id
from data_access.demo.company import build_company
from data_access.demo.writing import write_demo

SUPPLIER_CHARACTERS = {supplier_id(position): character.name for position, character in enumerate(CHARACTERS)}
"""How each supplier of the demo company delivers, by supplier id."""

__all__ = ["SUPPLIER_CHARACTERS", "build_company", "write_demo"]
