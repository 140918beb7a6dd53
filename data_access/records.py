"""The tables that a company brings: each column's kind, and the names that other systems give it.

Foreign names are renamed here, once, at the border. Knows no file and no SQL.
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
    refers_to: str | None = None


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


def _key(name: str, example: str, *synonyms: str, kind: Kind = Kind.ID, refers_to: str | None = None) -> Field:
    return Field(name, kind, example, synonyms, is_key=True, is_required=True, refers_to=refers_to)


_ORDER_ID = (
    "order no",
    "order number",
    "order",
    "so number",
    "so no",
    "sales order",
    "sales order id",
    "document no",
    "doc no",
    "sales document",
    "vbeln",
)
_PO_ID = (
    "po number",
    "po no",
    "po",
    "purchase order",
    "purchase order id",
    "purchase order no",
    "purchase order number",
    "purchasing document",
    "ebeln",
    "document no",
    "doc no",
)
_LINE_NO = (
    "line",
    "line number",
    "line id",
    "item no",
    "position",
    "pos",
    "sales order item",
    "order line",
    "order item",
    "posnr",
    "ebelp",
    "row no",
    "seq",
)
_SKU = (
    "item",
    "item code",
    "item id",
    "product",
    "product id",
    "product code",
    "product no",
    "part",
    "part no",
    "part number",
    "material",
    "material no",
    "material number",
    "article",
    "article no",
    "matnr",
    "stock code",
)
_CUSTOMER = (
    "customer",
    "customer no",
    "customer number",
    "customer code",
    "client",
    "client id",
    "account",
    "account no",
    "partner id",
    "sold to",
    "sold to party",
    "buyer",
    "kunnr",
)
_SUPPLIER = (
    "supplier",
    "supplier no",
    "supplier number",
    "supplier code",
    "vendor",
    "vendor id",
    "vendor no",
    "vendor code",
    "supplier partner id",
    "creditor",
    "lifnr",
    "partner id",
)
_LOCATION = ("location", "warehouse", "warehouse id", "warehouse code", "site", "plant", "store", "depot", "werks")
_EMAIL = ("e-mail", "mail", "email address", "e-mail address")
_NAME = ("company", "company name", "full name")
_ORDERED_DATE = (
    "order date",
    "ordered",
    "ordered on",
    "created",
    "created at",
    "creation date",
    "created on",
    "document date",
    "doc date",
    "entry date",
    "date",
    "transaction date",
)
_ORDERED_QTY = (
    "qty ordered",
    "ordered quantity",
    "order qty",
    "order quantity",
    "quantity ordered",
    "quantity",
    "qty",
    "units",
    "units ordered",
)
_CANCELLED_QTY = (
    "qty cancelled",
    "qty canceled",
    "cancelled quantity",
    "canceled qty",
    "quantity cancelled",
    "cancelled",
)
_UNIT_PRICE = ("price", "sales price", "selling price", "list price", "price each", "net price", "unit price net")
_UNIT_COST = (
    "cost",
    "standard cost",
    "purchase price",
    "buying price",
    "cost price",
    "cost each",
    "unit price",
    "price",
)
_RECEIVED_QTY = ("qty received", "received quantity", "quantity received", "received", "delivered qty", "stocked qty")
_SHIPPED_QTY = (
    "qty shipped",
    "shipped quantity",
    "quantity shipped",
    "shipped",
    "delivered qty",
    "qty delivered",
    "quantity delivered",
    "delivered",
)

CUSTOMERS = Record(
    "customers",
    "one row per customer",
    (
        _key("customer_id", "C-1001", "id", "no", "number", "code", *_CUSTOMER),
        Field("name", Kind.TEXT, "Brightwater Retail", ("customer name", "customer", *_NAME)),
        Field("email", Kind.TEXT, "orders@brightwater.example", _EMAIL, default=""),
        Field("tier", Kind.INTEGER, "1", ("class", "customer class", "abc", "rating", "grade"), default="3", minimum=1),
    ),
)
SUPPLIERS = Record(
    "suppliers",
    "one row per supplier",
    (
        _key("supplier_id", "S-20", "id", "no", "number", "code", *_SUPPLIER),
        Field("name", Kind.TEXT, "Northgate Castings", ("supplier name", "vendor name", "supplier", "vendor", *_NAME)),
        Field("email", Kind.TEXT, "sales@northgate.example", _EMAIL, default=""),
    ),
)
ITEMS = Record(
    "items",
    "one row per SKU",
    (
        _key("sku", "VALVE-25", "id", "no", "number", "code", "item no", *_SKU),
        Field(
            "name",
            Kind.TEXT,
            "Ball valve 25 mm",
            (
                "item name",
                "product name",
                "description",
                "item description",
                "product description",
                "material description",
                "title",
                "product",
            ),
        ),
        Field(
            "category",
            Kind.TEXT,
            "Valves",
            (
                "item group",
                "product category",
                "product group",
                "prod category id",
                "category name",
                "material group",
                "family",
                "group",
            ),
            default="",
        ),
        Field("unit_cost", Kind.MONEY, "12.40", _UNIT_COST[:-2], default="0"),
        Field("unit_price", Kind.MONEY, "19.90", _UNIT_PRICE, default="0"),
    ),
)
ITEM_SUPPLIERS = Record(
    "item_suppliers",
    "one row per SKU and supplier",
    (
        _key("sku", "VALVE-25", "item no", *_SKU, refers_to="items"),
        _key("supplier_id", "S-20", *_SUPPLIER, "business entity id", refers_to="suppliers"),
        Field("rank", Kind.INTEGER, "1", ("priority", "preference", "sequence", "source rank"), default="1", minimum=1),
        Field(
            "lead_time_days",
            Kind.INTEGER,
            "21",
            ("lead time", "average lead time", "delivery days", "delivery time", "delay"),
        ),
        Field("unit_cost", Kind.MONEY, "12.40", ("standard price", *_UNIT_COST), default="0"),
        Field(
            "min_order_qty",
            Kind.QUANTITY,
            "50",
            ("moq", "minimum order quantity", "minimum order qty", "min qty", "minimum quantity"),
            default="0",
        ),
    ),
)
STOCK = Record(
    "stock",
    "one row per SKU and location",
    (
        _key("sku", "VALVE-25", "item no", *_SKU, refers_to="items"),
        Field("location_id", Kind.ID, "MAIN", _LOCATION, is_key=True, default="MAIN"),
        Field(
            "stock_qty",
            Kind.QUANTITY,
            "120",
            (
                "stock",
                "on hand",
                "qty on hand",
                "quantity on hand",
                "quantity",
                "qty",
                "available",
                "available qty",
                "units in stock",
                "actual qty",
                "inventory",
                "unrestricted",
            ),
            is_required=True,
            may_be_negative=True,
        ),
    ),
)
ORDER_LINES = Record(
    "order_lines",
    "one row per order line: one SKU on one customer order",
    (
        _key("order_id", "SO-5001", *_ORDER_ID),
        Field("line_no", Kind.ID, "1", _LINE_NO, is_key=True),
        Field("customer_id", Kind.ID, "C-1001", _CUSTOMER, is_required=True, refers_to="customers"),
        Field("sku", Kind.ID, "VALVE-25", _SKU, is_required=True, refers_to="items"),
        Field("location_id", Kind.ID, "MAIN", _LOCATION, default="MAIN"),
        Field("ordered_date", Kind.DATE, "2026-03-02", _ORDERED_DATE, is_required=True),
        Field(
            "requested_date",
            Kind.DATE,
            "2026-03-10",
            (
                "request date",
                "requested delivery date",
                "required date",
                "need by",
                "need by date",
                "wanted date",
                "customer date",
                "delivery date",
            ),
        ),
        Field(
            "first_promise_date",
            Kind.DATE,
            "2026-03-12",
            ("original promise date", "first promised date", "first confirmed date", "original delivery date"),
        ),
        Field(
            "promise_date",
            Kind.DATE,
            "2026-03-12",
            (
                "promised date",
                "promised",
                "promised delivery date",
                "due date",
                "commit date",
                "confirmed date",
                "confirmed delivery date",
                "ship by date",
                "planned ship date",
                "scheduled date",
            ),
        ),
        Field("ordered_qty", Kind.QUANTITY, "40", _ORDERED_QTY, is_required=True),
        Field("shipped_qty", Kind.QUANTITY, "10", _SHIPPED_QTY, default="0"),
        Field("cancelled_qty", Kind.QUANTITY, "0", _CANCELLED_QTY, default="0"),
        Field("unit_price", Kind.MONEY, "19.90", _UNIT_PRICE, default="0"),
        Field("priority", Kind.INTEGER, "", ("prio", "order priority"), minimum=0),
    ),
)
SHIPMENTS = Record(
    "shipments",
    "one row per order line and day of shipping",
    (
        _key("order_id", "SO-5001", *_ORDER_ID),
        _key("line_no", "1", *_LINE_NO),
        _key(
            "shipped_date",
            "2026-03-05",
            "ship date",
            "shipping date",
            "delivery date",
            "delivered",
            "posting date",
            "goods issue date",
            "date",
            kind=Kind.DATE,
        ),
        Field(
            "shipped_qty",
            Kind.QUANTITY,
            "10",
            (*_SHIPPED_QTY, "quantity", "qty"),
            is_required=True,
            may_be_negative=True,
        ),
    ),
)
PO_LINES = Record(
    "po_lines",
    "one row per purchase-order line: one SKU on one purchase order",
    (
        _key("po_id", "PO-881", *_PO_ID),
        Field("line_no", Kind.ID, "1", (*_LINE_NO, "purchase order detail id"), is_key=True),
        Field("supplier_id", Kind.ID, "S-20", _SUPPLIER, is_required=True, refers_to="suppliers"),
        Field("sku", Kind.ID, "VALVE-25", _SKU, is_required=True, refers_to="items"),
        Field("location_id", Kind.ID, "MAIN", _LOCATION, default="MAIN"),
        Field("ordered_date", Kind.DATE, "2026-02-20", _ORDERED_DATE),
        Field(
            "first_due_date",
            Kind.DATE,
            "2026-03-20",
            ("original due date", "first confirmed date", "original delivery date"),
        ),
        Field(
            "due_date",
            Kind.DATE,
            "2026-03-20",
            (
                "due",
                "delivery date",
                "expected date",
                "expected delivery date",
                "expected arrival",
                "arrival date",
                "eta",
                "promised date",
                "confirmed date",
                "scheduled date",
                "planned date",
                "need by date",
                "required date",
            ),
        ),
        Field("ordered_qty", Kind.QUANTITY, "200", _ORDERED_QTY, is_required=True),
        Field("received_qty", Kind.QUANTITY, "0", _RECEIVED_QTY, default="0"),
        Field("cancelled_qty", Kind.QUANTITY, "0", _CANCELLED_QTY, default="0"),
        Field("unit_cost", Kind.MONEY, "12.40", _UNIT_COST, default="0"),
    ),
)
RECEIPTS = Record(
    "receipts",
    "one row per purchase-order line and day of receipt",
    (
        _key("po_id", "PO-881", *_PO_ID),
        _key("line_no", "1", *_LINE_NO, "purchase order detail id"),
        _key(
            "received_date",
            "2026-03-22",
            "receipt date",
            "date received",
            "received on",
            "posting date",
            "goods receipt date",
            "arrival date",
            "date",
            kind=Kind.DATE,
        ),
        Field(
            "received_qty",
            Kind.QUANTITY,
            "150",
            (*_RECEIVED_QTY, "quantity", "qty"),
            is_required=True,
            may_be_negative=True,
        ),
        Field(
            "rejected_qty",
            Kind.QUANTITY,
            "0",
            ("qty rejected", "rejected quantity", "quantity rejected", "rejected"),
            default="0",
        ),
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
