"""Parts of rooms that can be recognized out of focus above the table, where a brief names them."""

# Parts of all rooms with a wall, and of some of them. What is lower than a table is not seen.
WALL_PARTS = frozenset({"brick_wall"})
WINDOWED = frozenset({"window", "curtain"})
ROOM_PARTS: dict[str, frozenset[str]] = {
    "kitchen": frozenset({"tiles", "cabinets", "window"}),
    "bathroom": frozenset({"tiles", "mirror", "washbasin", "window"}),
    "living_room": WINDOWED | {"sofa", "armchair"},
    "dining": WINDOWED | {"chair"},
    "bedroom": WINDOWED,
    "nursery": WINDOWED,
    "windowsill": WINDOWED | {"plant"},
    "shelf": frozenset({"shelf_board"}),
    "office": frozenset({"window"}),
    "workshop": frozenset({"window"}),
    "cafe": frozenset({"window"}),
    "gym": frozenset({"window", "mirror"}),
    "bar": frozenset({"bottle_prop"}),
    "street_day": frozenset({"street", "trees"}),
    "street_night": frozenset({"street"}),
    "skate_park": frozenset({"graffiti_wall"}),
    "stadium": frozenset({"stadium", "track"}),
    "pitch": frozenset({"stadium"}),
    "court": frozenset({"floodlight", "hoop"}),
    "tennis_court": frozenset({"floodlight"}),
    "street_cafe": frozenset({"street", "trees"}),
}
# Rooms without a back wall.
OPEN_ROOMS = frozenset(
    {"street_day", "street_night", "street_cafe", "stadium", "pitch", "court", "tennis_court"}
    | {"skate_park", "terrace", "greenhouse"}
)


def find_seen_parts(room: str) -> frozenset[str]:
    """Returns the names of the parts that a room shows; room: of an entry of ROOMS."""
    parts = ROOM_PARTS.get(room, frozenset())
    return parts if room in OPEN_ROOMS else parts | WALL_PARTS
