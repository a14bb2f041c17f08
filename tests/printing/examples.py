"""Labels that the tests of this folder share: ordinary ones, with the texts a Chinese firm prints."""

from server.printing import label

CUP = label.Item("CUP-300-BLU", "蓝色陶瓷马克杯 300毫升（礼盒装）", "个", "6901234567892")
MILK = label.Lot(
    "MILK-1L",
    "全脂纯牛奶 1L×12 利乐包装 常温保存",
    "盒",
    "L20240911-A",
    "6901234567892",
    "2027-03-31",
    "2026-09-30",
)
BIN = label.Location("A-01-02-3", "主仓 MAIN", "A 区 常温货架")
ARRIVAL = label.Receipt(
    "MILK-1L", "全脂纯牛奶 1L×12", "盒", "RK20261122-0007", "144", "L20240911-A", "2027-03-31", "2026-11-22"
)
BY_SUBJECT: dict[label.Subject, label.Label] = {"item": CUP, "lot": MILK, "location": BIN, "receipt": ARRIVAL}
EVERY_LAYOUT = [(subject, media) for subject, sizes in label.TEMPLATES.items() for media in sizes]
