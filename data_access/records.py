"""The tables that a company brings: each column's kind, and the names that other systems give it.

Foreign names are renamed here, once, at the border: the synonyms are what ERP systems and web shops call the column in
their exports (SAP, Odoo, ERPNext, Dynamics, NetSuite, Sage, QuickBooks, Shopify, WooCommerce), the surest first.
Knows no file and no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column's text must be read as."""

    ID = "id"
    TEXT = "text"
    DATE = "date"
    QUANTITY = "quantity"
    """Units to three decimals."""
    MONEY = "money"
    """Money to four decimals."""
    INTEGER = "integer"


@dataclass(frozen=True)
class Field:
    """One column of a record.

    synonyms are compared without regard to case, spaces, underscores and punctuation, as the name itself is.
    default is the text that stands for an absent column or an empty cell; None means that there is no value.
    may_be_empty: a required column must be there, but its cells need not be filled.
    """

    name: str
    kind: Kind
    example: str
    synonyms: tuple[str, ...] = ()
    is_key: bool = False
    is_required: bool = False
    default: str | None = None
    may_be_negative: bool = False
    minimum: int | None = None
    maximum: int | None = None
    refers_to: str | None = None
    may_be_empty: bool = False


@dataclass(frozen=True)
class Record:
    """One table that can be imported. what: its grain in the reader's words."""

    table: str
    what: str
    fields: tuple[Field, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the key columns."""
        return tuple(field.name for field in self.fields if field.is_key)

    def field(self, name: str) -> Field:
        """The column of that name. Raises KeyError."""
        return next(field for field in self.fields if field.name == name)


def _names(*lists: str) -> tuple[str, ...]:
    """The synonyms in comma-separated lists, in order, each once."""
    return tuple(dict.fromkeys(name.strip() for names in lists for name in names.split(",") if name.strip()))


def _key(name: str, example: str, *lists: str, kind: Kind = Kind.ID, refers_to: str | None = None) -> Field:
    return Field(name, kind, example, _names(*lists), is_key=True, is_required=True, refers_to=refers_to)


def _id(name: str, example: str, *lists: str, default: str | None = None, refers_to: str | None = None) -> Field:
    required = refers_to is not None
    return Field(name, Kind.ID, example, _names(*lists), is_required=required, default=default, refers_to=refers_to)


def _text(name: str, example: str, *lists: str, default: str | None = "") -> Field:
    return Field(name, Kind.TEXT, example, _names(*lists), default=default)


def _date(name: str, example: str, *lists: str, required: bool = False) -> Field:
    return Field(name, Kind.DATE, example, _names(*lists), is_required=required)


def _units(name: str, example: str, *lists: str, required: bool = False, negative: bool = False) -> Field:
    default = None if required else "0"
    return Field(
        name, Kind.QUANTITY, example, _names(*lists), is_required=required, default=default, may_be_negative=negative
    )


def _money(name: str, example: str, *lists: str) -> Field:
    return Field(name, Kind.MONEY, example, _names(*lists), default="0")


def _count(
    name: str, example: str, *lists: str, minimum: int, maximum: int | None = None, default: str | None = None
) -> Field:
    return Field(name, Kind.INTEGER, example, _names(*lists), default=default, minimum=minimum, maximum=maximum)


_ORDER_ID = """
    order no, order number, sales order no, sales order number, sales order id, so number, so no, sales order,
    sales document, sales doc, against sales order, sales id, order reference, order ref, order num, order,
    document no, document number, doc no, vbeln, tran id, num, voucher no, parent, id"""
_PO_ID = """
    po number, po no, purchase order no, purchase order number, purchase order id, purchase order, purchasing document,
    purch doc, purch id, po num, po, ebeln, order no, order number, order id, order reference, order ref, order,
    document no, document number, doc no, tran id, num, voucher no, parent, id"""
_LINE_NO = """
    line, line number, line num, line id, order line no, order line, order line id, so line, sales order line,
    sales order item, po line no, po line, purchase order line, purchase order item, order item, order item id,
    purchase order detail id, order detail id, lineitem id, item position, position, pos, posnr, ebelp, row no, row,
    idx, seq, item no, item"""
_SKU = """
    item sku, product sku, lineitem sku, variant sku, sku code, material, material no, material number, material code,
    matnr, item id, product id, item code, item no, item number, product code, product no, product number,
    internal reference, default code, stock code, part no, part number, part id, part code, article no,
    article number, article code, article id, item, product, part, article"""
_CUSTOMER_CODE = """
    customer no, customer number, customer code, sell to customer no, bill to customer no, sold to party, sold to,
    kunnr, kunag, cust account, customer account, cust id, cust no, client id, client no, client code, account no,
    account number, account code, account ref, partner id, debtor no, debtor, customer user id"""
_CUSTOMER_WORD = "customer, client, account, partner, party, buyer"
_SUPPLIER_CODE = """
    supplier no, supplier number, supplier code, vendor id, vendor no, vendor number, vendor code,
    buy from vendor no, pay to vendor no, vendor account, vend account, order account, lifnr, supplier partner id,
    creditor no, creditor, business entity id, partner id"""
_SUPPLIER_WORD = "supplier, vendor, partner, party"
_ITS_OWN_ID = "id, no, number, code"
_LOCATION = """
    location, location code, location name, warehouse, warehouse id, warehouse code, warehouse name, whse, wh, site,
    site id, plant, werks, storage location, lgort, stock location, invent location id, set warehouse, store, depot,
    branch, facility"""
_EMAIL = "mail, email address, smtp addr, contact email, primary email, main email"
_NAME = "company name, company, full name, display name, business name, name 1, partner name, account name"
_ORDERED_DATE = """
    order date, date ordered, ordered on, sales order date, po date, purchase order date, date order, document date,
    doc date, transaction date, trans date, audat, bedat, bldat, created at, created on, created, creation date,
    date created, create date, post date, entry date, erdat, date"""
_ORDERED_QTY = """
    qty ordered, quantity ordered, ordered quantity, order qty, order quantity, qty order, units ordered,
    lineitem quantity, product uom qty, product qty, kwmeng, menge, quantity, qty, quantity refund, units, ordered"""
_CANCELLED_QTY = """
    qty cancelled, qty canceled, quantity cancelled, quantity canceled, cancelled quantity, canceled quantity,
    canceled qty, units cancelled, cancelled, canceled"""
_SHIPPED_QTY = """
    qty shipped, quantity shipped, shipped quantity, units shipped, qty delivered, quantity delivered, delivered qty,
    delivered quantity, qty despatched, qty dispatched, quantity fulfilled, quantity fulfilled received, qty fulfilled,
    fulfilled quantity, lfimg, shipped, delivered, despatched, dispatched, fulfilled"""
_RECEIVED_QTY = """
    qty received, quantity received, received quantity, units received, receipt qty, qty rcvd, rcvd qty,
    quantity fulfilled received, wemng, received, rcvd, delivered qty, qty delivered, accepted qty, stocked qty"""
_UNIT_PRICE = """
    unit price net, net price, price each, sales price, selling price, unit selling price, list price, regular price,
    retail price, price unit, price per unit, lineitem price, item price, item rate, netpr, price, rate"""
_UNIT_COST = """
    cost, standard cost, direct unit cost, unit cost lcy, last direct cost, average cost, avg cost, cost price,
    cost each, purchase price, buying price, last cost, valuation rate, stprs, standard price"""
_PURCHASE_PRICE = "unit price, price unit, net price, netpr, price each, item rate, price, rate"

CUSTOMERS = Record(
    "customers",
    "one row per customer",
    (
        _key("customer_id", "C-1001", _CUSTOMER_CODE, _ITS_OWN_ID, _CUSTOMER_WORD),
        _text("name", "Brightwater Retail", "customer name, client name", _NAME, "customer", default=None),
        _text("email", "orders@brightwater.example", _EMAIL),
        _count(
            "tier", "1", "customer tier, class, customer class, abc, abc class, rating, grade", minimum=1, default="3"
        ),
    ),
)
SUPPLIERS = Record(
    "suppliers",
    "one row per supplier",
    (
        _key("supplier_id", "S-20", _SUPPLIER_CODE, _ITS_OWN_ID, _SUPPLIER_WORD, "account ref"),
        _text("name", "Northgate Castings", "supplier name, vendor name", _NAME, "supplier, vendor", default=None),
        _text("email", "sales@northgate.example", _EMAIL),
    ),
)
_ITEM_NAME = """
    item name, product name, item description, product description, material description, maktx, description,
    display name, title, product, item"""
_ITEM_CATEGORY = """
    item group, item category, product category, product group, product type, prod category id, category name,
    category id, categories, categ id, item category code, material group, matkl, product line, family, group"""
ITEMS = Record(
    "items",
    "one row per SKU",
    (
        _key("sku", "VALVE-25", _SKU, _ITS_OWN_ID),
        _text("name", "Ball valve 25 mm", _ITEM_NAME, default=None),
        _text("category", "Valves", _ITEM_CATEGORY),
        _money("unit_cost", "12.40", _UNIT_COST),
        _money("unit_price", "19.90", _UNIT_PRICE),
    ),
)
_LEAD_TIME = "lead time, average lead time, lead time calculation, delivery days, delivery time, plifz, delay"
_MIN_ORDER_QTY = "moq, minimum order quantity, minimum order qty, min order quantity, min qty, minimum quantity, bstmi"
ITEM_SUPPLIERS = Record(
    "item_suppliers",
    "one row per SKU and supplier",
    (
        _key("sku", "VALVE-25", _SKU, refers_to="items"),
        _key("supplier_id", "S-20", _SUPPLIER_CODE, _SUPPLIER_WORD, refers_to="suppliers"),
        _count("rank", "1", "source rank, preference, priority, sequence", minimum=1, default="1"),
        _count("lead_time_days", "21", _LEAD_TIME, minimum=0),
        _money("unit_cost", "12.40", "standard price", _UNIT_COST, _PURCHASE_PRICE),
        _units("min_order_qty", "50", _MIN_ORDER_QTY),
    ),
)
_STOCK_QTY = """
    stock, stock quantity, stock level, on hand, on hand qty, qty on hand, quantity on hand, actual qty,
    physical inventory, units in stock, qty in stock, quantity in stock, in stock, inventory, inventory quantity,
    unrestricted, unrestricted stock, labst, quantity, qty, available, available qty, qty available,
    quantity available"""
STOCK = Record(
    "stock",
    "one row per SKU and location",
    (
        _key("sku", "VALVE-25", _SKU, refers_to="items"),
        Field("location_id", Kind.ID, "MAIN", _names(_LOCATION), is_key=True, default="MAIN"),
        _units("stock_qty", "120", _STOCK_QTY, required=True, negative=True),
    ),
)
_REQUESTED_DATE = """
    request date, customer request date, requested delivery date, requested ship date, requested delivery,
    required date, required by, required by date, reqd by date, need by, need by date, needed by, wanted date,
    customer date, vdatu, delivery date, deliv date"""
_FIRST_PROMISE_DATE = """
    original promise date, original promised date, first promised date, first confirmed date, original delivery date,
    original ship date"""
_PROMISE_DATE = """
    promised date, promised delivery date, promised ship date, promised delivery, commitment date, commit date,
    committed date, confirmed date, confirmed delivery date, confirmed ship date, edatu, ship by date, ship by,
    planned delivery date, planned shipment date, planned ship date, expected ship date, expected delivery date,
    scheduled ship date, scheduled date, schedule date, shipment date, due date, date due, promised, promise, due"""
ORDER_LINES = Record(
    "order_lines",
    "one row per order line: one SKU on one customer order",
    (
        _key("order_id", "SO-5001", _ORDER_ID),
        Field("line_no", Kind.ID, "1", _names(_LINE_NO), is_key=True),
        _id(
            "customer_id",
            "C-1001",
            _CUSTOMER_CODE,
            _CUSTOMER_WORD,
            "customer name, customer email, email",
            refers_to="customers",
        ),
        _id("sku", "VALVE-25", _SKU, refers_to="items"),
        _id("location_id", "MAIN", _LOCATION, default="MAIN"),
        _date("ordered_date", "2026-03-02", _ORDERED_DATE, required=True),
        _date("requested_date", "2026-03-10", _REQUESTED_DATE),
        _date("first_promise_date", "2026-03-12", _FIRST_PROMISE_DATE),
        _date("promise_date", "2026-03-12", _PROMISE_DATE),
        _units("ordered_qty", "40", _ORDERED_QTY, required=True),
        _units("shipped_qty", "10", _SHIPPED_QTY),
        _units("cancelled_qty", "0", _CANCELLED_QTY),
        _money("unit_price", "19.90", _UNIT_PRICE, "item cost"),
        _count("priority", "", "prio, order priority, delivery priority", minimum=0, maximum=9_999),
    ),
)
_SHIPPED_DATE = """
    ship date, shipping date, date shipped, shipped on, actual ship date, shipment date, goods issue date, wadat ist,
    delivery date, date delivered, posting date, budat, fulfilled at, despatch date, dispatch date, delivered, date"""
SHIPMENTS = Record(
    "shipments",
    "one row per order line and day of shipping",
    (
        _key("order_id", "SO-5001", _ORDER_ID),
        _key("line_no", "1", _LINE_NO),
        _key("shipped_date", "2026-03-05", _SHIPPED_DATE, kind=Kind.DATE),
        _units("shipped_qty", "10", _SHIPPED_QTY, "quantity, qty", required=True, negative=True),
    ),
)
_FIRST_DUE_DATE = """
    original due date, first confirmed date, original delivery date, original promised date, original receipt date,
    initial due date"""
_DUE_DATE = """
    date due, confirmed delivery date, confirmed receipt date, confirmed date, promised receipt date, promised date,
    promise date, expected receipt date, expected delivery date, expected arrival date, expected arrival,
    expected date, expected receipt, planned receipt date, planned date, date planned, scheduled delivery date,
    scheduled date, schedule date, delivery date, deliv date, arrival date, eindt, eta, requested receipt date,
    requested delivery date, required date, required by, reqd by date, need by date, due"""
PO_LINES = Record(
    "po_lines",
    "one row per purchase-order line: one SKU on one purchase order",
    (
        _key("po_id", "PO-881", _PO_ID),
        Field("line_no", Kind.ID, "1", _names(_LINE_NO), is_key=True),
        _id("supplier_id", "S-20", _SUPPLIER_CODE, _SUPPLIER_WORD, "supplier name, vendor name", refers_to="suppliers"),
        _id("sku", "VALVE-25", _SKU, refers_to="items"),
        _id("location_id", "MAIN", _LOCATION, default="MAIN"),
        _date("ordered_date", "2026-02-20", _ORDERED_DATE),
        _date("first_due_date", "2026-03-20", _FIRST_DUE_DATE),
        _date("due_date", "2026-03-20", _DUE_DATE),
        _units("ordered_qty", "200", _ORDERED_QTY, required=True),
        _units("received_qty", "0", _RECEIVED_QTY),
        _units("cancelled_qty", "0", _CANCELLED_QTY),
        _money("unit_cost", "12.40", _UNIT_COST, _PURCHASE_PRICE),
    ),
)
_RECEIVED_DATE = """
    receipt date, date received, received on, goods receipt date, actual receipt date, arrival date, delivery date,
    posting date, budat, date done, effective date, date"""
_REJECTED_QTY = "qty rejected, quantity rejected, rejected quantity, units rejected, rejected"
RECEIPTS = Record(
    "receipts",
    "one row per purchase-order line and day of receipt",
    (
        _key("po_id", "PO-881", _PO_ID),
        _key("line_no", "1", _LINE_NO),
        _key("received_date", "2026-03-22", _RECEIVED_DATE, kind=Kind.DATE),
        _units("received_qty", "150", _RECEIVED_QTY, "quantity, qty", required=True, negative=True),
        _units("rejected_qty", "0", _REJECTED_QTY),
    ),
)

RECORDS = {
    record.table: record
    for record in (
        CUSTOMERS,
        SUPPLIERS,
        ITEMS,
        ITEM_SUPPLIERS,
        STOCK,
        ORDER_LINES,
        SHIPMENTS,
        PO_LINES,
        RECEIPTS,
    )
}
"""Every table that can be imported, in an order in which references point backwards."""

_RESTOCK_DATE = """
    new restock date, new date, moved to, to date, our date, manual date, manual restock date, planned date, restock,
    new eta, eta, expected receipt date, expected arrival date, expected arrival, expected date, arrival date"""
_REASON = "reason code, move reason, reason for change, change reason, why, cause"
_NOTE = "notes, comment, comments, remark, remarks, memo"

MOVES = Record(
    "moves",
    "one row per purchase-order line whose restock date moves",
    (
        _key("po_id", "PO-881", _PO_ID),
        _key("line_no", "1", _LINE_NO),
        Field("restock_date", Kind.DATE, "2026-03-27", _names(_RESTOCK_DATE), is_required=True, may_be_empty=True),
        Field("reason", Kind.TEXT, "supplier late", _names(_REASON), is_required=True, may_be_empty=True),
        _text("note", "Confirmed by telephone", _NOTE),
    ),
)
"""Moves of restock dates in a file. They are no table that is imported: they change what one of them holds."""
