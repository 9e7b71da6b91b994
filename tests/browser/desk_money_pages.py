#!/usr/bin/env python3
"""The pages of who pays, in a browser: each at 360, 768 and 1440 px, by day and by night, without scripts where something
is done: no wider than the window, and axe finds nothing."""
import pathlib
import shutil
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e"), str(SOURCE / "tests/browser")]
import desk_money  # noqa: E402
import desk  # noqa: E402
from county import Bus  # noqa: E402
from chromium import Window, axe_source  # noqa: E402
from desk_pages import account, looked_at, signed_in  # noqa: E402
from desk import PASSWORD, check, faults  # noqa: E402
from brokers import free_port  # noqa: E402
from patience import until  # noqa: E402


def main():
    axe = axe_source()
    folder = desk_money.county_folder()
    bus = Bus(folder, roles=("matcher", "dispatch", "ledger", "treasury"))
    port, windows, well = free_port(), [], False

    def window(**how):
        windows.append(Window("http://127.0.0.1:%d" % port, **how))
        return windows[-1]
    try:
        desk.desk_of(bus, port)
        for name, op in (("zhao", desk_money.ZHAO), ("chen", desk_money.CHEN), ("liu", desk_money.LIU)):
            account(bus, name, (op,))
        desk_money.award(bus)
        desk_money.budgeted(bus, ("chen", "liu"))
        first = signed_in(window(scripts=False), "zhao", "/money")
        reader = signed_in(window(), "chen", "/money")
        looked_at(reader, "money", axe)
        first.press()
        check("without scripts: a batch is prepared", "已制批" in first.text, first.text)
        batch = "/money/batches/" + first.driver.current_url.split("/batches/")[1].split("?")[0]
        looked_at(reader.go("/money"), "money-batches", axe)
        looked_at(reader.go(batch), "batch", axe)
        reader.fill(password="wrong wrong wrong")
        reader.driver.find_elements("css selector", "main form button")[0].click()
        check("what was refused stands on the page", "口令不对" in reader.text, reader.text)
        looked_at(reader, "batch-refused", axe)
        looked_at(reader.go("/money/lines"), "money-lines", axe)
        looked_at(reader.go("/money/differences"), "differences", axe)
        for by, what in ((first, "1000.00"), (reader, "-20")):  # another's to agree to, and his own
            by.go("/money/budgets").fill(yuan=what, why="追加").press()
            check("without scripts and with: a budget is said", "等另一人复核" in by.text, by.text)
        looked_at(reader, "budgets", axe)
        looked_at(reader.go("/money/awards"), "awards", axe)
        reader.leaving(reader.driver.find_element("css selector", "main th a").click)
        looked_at(reader, "award", axe)
        account(bus, "mz.approver", desk.operator("MZ", "approver"))
        case, of = desk.database(bus, "SELECT case_id || ' ' || assignment_id FROM award")[0].split()
        officer = signed_in(window(), "mz.approver", "/queue")
        for name in ("end", "payee"):
            assert until(lambda: officer.go("/cases/%s/%s/%s" % (case, name, of)).driver.find_elements("css selector", "main form"),
                         60, bus.town.moved), officer.text
            looked_at(officer, "award-" + name, axe)
        looked_at(signed_in(window(dark=True), "chen", batch), "batch-night", axe)
        well = not faults
    finally:
        for w in windows:
            w.close()
        bus.town.close(not well)
        shutil.rmtree(folder.parent)
    sys.exit(1 if faults else 0)


main()
