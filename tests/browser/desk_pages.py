#!/usr/bin/env python3
"""The desk in a browser, on a running county: a helper applies for a villager on a telephone without scripts, the department
decides, the villager sees the result. Every page at 360, 768 and 1440 px: nothing is wider than the window, axe finds nothing,
by day and by night. And by keyboard alone. LIANOU_SCREENS=folder keeps a picture of each page."""
import os
import pathlib
import re
import sys
import uuid

os.environ.setdefault("LIANOU_PROCESS_FROM", "2100-01-01")  # the way of steps is tests/e2e/desk.py's
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e"), str(SOURCE / "tests/browser")]
import desk  # noqa: E402
from county import Bus, identity  # noqa: E402
from chromium import Window, axe_source  # noqa: E402
from desk import PASSWORD, check, faults  # noqa: E402
from patience import until  # noqa: E402
from brokers import free_port  # noqa: E402
from telephone import Telephone  # noqa: E402

SCREENS = os.environ.get("LIANOU_SCREENS")
pages = 0


def looked_at(w, name, axe):
    """At each width: no wider than the window, and nothing for axe."""
    global pages
    for width in (360, 768, 1440):
        w.size(width)
        pages += 1
        check("%s at %d px is no wider than the window" % (name, width), w.overflow() == 0, w.overflow())
        found = w.axe(axe) if width != 768 else []
        check("axe finds nothing on it", not found, found)
        if SCREENS:
            w.picture(pathlib.Path(SCREENS) / ("%s-%d.png" % (name, width)))


def account(bus, name, operator):
    import subprocess
    subprocess.run([bus.town.program, "account", "add", name, "--operator", operator[0]], env=bus.town.env, input=PASSWORD + "\n",
                   text=True, check=True, capture_output=True)


def signed_in(w, name, to, code=""):
    w.go("/sign-in?to=" + to).fill(account=name, password=PASSWORD, code=code).press()
    return w


def set_up(w, **code):
    """A second factor, on the page of his account; the telephone that has it. `code`: of the one before."""
    w.go("/account").fill(password=PASSWORD, **code).press()
    return Telephone(w.driver.find_element("css selector", "main .number-big").text)


def confirmed(w, telephone):
    w.fill(code=telephone.code()).press()
    telephone.recovery = [e.text for e in w.driver.find_elements("css selector", "main li.number-big")]
    check("the second factor is set up, with ten recovery codes", len(telephone.recovery) == 10, w.text)


def applied(w, number):
    """On a telephone, no scripts: the household's page and each person's."""
    signed_in(w, "village.one", "/apply")
    w.fill(__members__0__name="甲", __members__0__id_no=number, __members__0__phone="13800000000", __members__0__bank_code="nongshang",
           __members__0__account="6222000000000000", __members__0__account_holder="甲").press("household")
    w.fill(__facts__area="rural", __facts__registered_in_county="true", __facts__status="none", __facts__income_total_fen="1,200",
           __facts__deposit_fen="0", __facts__securities_fen="0", __facts__vehicle_count="0", __facts__house_count="1",
           __facts__event_shock="illness", __facts__basic_life_broken="true", __facts__spend_medical_fen="40000",
           __facts__medical_out_of_pocket_fen="30000", __facts__event_cost_fen="30000").press("people")
    w.fill(__members__0__facts__life_state="alive", __members__0__facts__serious_illness="true", __members__0__facts__labour="full",
           __members__0__facts__employment="unemployed", __members__0__facts__registered_unemployed="true",
           __members__0__facts__employment_difficulty="true").press("check")
    check("without scripts: the answers, before they are sent", "第4步" in w.text and "1,200" in w.text, w.text)
    w.fill(__consent="true").press("send")
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", w.text)
    check("without scripts: the receipt, with a square", found and w.driver.find_elements("css selector", "svg.qr"), w.text)
    check("the receipt at 360 px is no wider than the window", w.overflow() == 0, w.overflow())
    if SCREENS:
        w.picture(pathlib.Path(SCREENS) / "receipt-360.png")
    w.leaving(w.driver.find_element("css selector", "main a[href^='/apply/sent/']").click)
    check("without scripts: it may still be changed", "仍可更改" in w.text, w.text)
    return found.group(0) if found else str(uuid.uuid4())


def decided(w, bus):
    def waiting():
        return [a for a in w.go("/queue").driver.find_elements("css selector", "main th a")]
    telephone = set_up(w)
    confirmed(w, telephone)
    assert until(waiting, 90, bus.town.moved), "nothing in the queue"
    w.leaving(waiting()[0].click)
    w.leaving(w.driver.find_element("css selector", "main a.button").click)
    w.fill(outcome="CONFIRMED", amount="100.00", delivery="BANK", reason="符合条件", password=PASSWORD, code=telephone.code()).press()
    check("without scripts: decided and sealed", "已签章发出" in w.text, w.text)
    return telephone


def by_keyboard(w):
    from selenium.webdriver.common.keys import Keys
    w.go("/sign-in?to=/queue")
    active = w.driver.switch_to.active_element
    active.send_keys(Keys.TAB)
    first = w.driver.switch_to.active_element
    check("the first stop of the keyboard is the way to the text", first.get_attribute("class") == "skip" and first.rect["x"] >= 0, first.rect)
    for _ in range(30):
        if w.driver.switch_to.active_element.get_attribute("name") == "account":
            break
        w.driver.switch_to.active_element.send_keys(Keys.TAB)
    w.driver.switch_to.active_element.send_keys("rs.clerk", Keys.TAB)
    w.leaving(lambda: w.driver.switch_to.active_element.send_keys(PASSWORD, Keys.ENTER))
    check("signed in by keyboard alone", "待办事项" in w.text, w.text)


def main():
    axe = axe_source()
    bus = Bus(SOURCE / "bus-config", roles=("matcher", "dispatch", "ledger"))
    port, windows, well = free_port(), [], False

    def window(**how):
        windows.append(Window("http://127.0.0.1:%d" % port, **how))
        return windows[-1]
    try:
        bus.town.env["LIANOU_CHANGEABLE"] = "10m"
        desk.desk_of(bus, port)
        account(bus, "village.one", desk.assistant_of_village())
        account(bus, "rs.clerk", desk.operator("RS", "clerk"))
        account(bus, "rs.approver", desk.operator("RS", "approver"))
        account(bus, "mz.clerk", desk.operator("MZ", "clerk"))
        telephone = window(width=360, scripts=False)
        number = identity(11)
        application = applied(telephone, number)
        helper = signed_in(window(), "village.one", "/apply/sent/" + application)
        looked_at(helper, "sent", axe)
        looked_at(helper.go("/cases"), "cases-held", axe)
        telephone.go("/progress").fill(application=application, id_last=number[-6:]).press()
        check("the villager may withdraw what he has submitted", "申请已提交" in telephone.text and telephone.overflow() == 0, telephone.text)
        desk.database(bus, "UPDATE desk_held SET until = now()")
        public = window()
        for name, path in (("home", "/"), ("sign-in", "/sign-in"), ("catalogue", "/catalogue"), ("item", "/catalogue/MZ01"),
                           ("progress", "/progress"), ("sheets", "/sheets"), ("style", "/style"), ("not-there", "/nowhere"), ("home-en", "/?lang=en")):
            looked_at(public.go(path), name, axe)
        public.go("/?lang=zh&type=large")
        for name, path in (("home-large", "/"), ("sign-in-large", "/sign-in"), ("item-large", "/catalogue/MZ01"),
                           ("progress-large", "/progress"), ("style-large", "/style")):
            looked_at(public.go(path), name, axe)
        targets = public.driver.execute_script(
            "return [...document.querySelectorAll('nav a, main button, main input:not([type=radio]), main select, .choice')]"
            ".filter(e => e.getBoundingClientRect().height < 60).map(e => e.outerHTML)")
        check("in large type nothing to hit is lower than 60 px, text is 30 px", not targets and
              public.driver.execute_script("return parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)") >= 30, targets)
        public.go("/?type=normal")
        looked_at(helper.go("/apply"), "apply", axe)
        helper.fill(__members__0__name="乙", __members__0__id_no=identity(12)).press("questions")
        looked_at(helper, "question", axe)
        helper.press("check")
        looked_at(helper, "check", axe)
        looked_at(helper.go("/apply/resume"), "resume", axe)
        looked_at(helper.go("/cases"), "cases", axe)
        officer = signed_in(window(scripts=False), "rs.approver", "/queue")
        codes = decided(officer, bus)
        reader = signed_in(window(), "rs.approver", "/queue", codes.code())
        looked_at(reader, "queue", axe)
        case = officer.driver.current_url.split("/cases/")[1].split("?")[0]
        looked_at(reader.go("/cases/" + case), "case", axe)
        looked_at(helper.go("/cases/" + case), "case-helper", axe)
        looked_at(reader.go("/account"), "account", axe)
        another = set_up(reader, code=codes.recovery[0])
        looked_at(reader, "factor", axe)
        confirmed(reader, another)
        looked_at(reader, "recovery", axe)
        bus.town.lianou("db", "rebuild", "--new")
        lead = signed_in(window(), "mz.clerk", "/county")
        looked_at(lead, "county", axe)
        looked_at(lead.go("/county/waiting"), "waiting", axe)
        by_keyboard(window())

        def result():
            telephone.go("/progress").fill(application=application, id_last=number[-6:]).press()
            return "已获救助" in telephone.text
        check("the villager sees the result on his telephone", until(result, 90, bus.town.moved), telephone.text)
        night = window(dark=True)
        for name, path in (("home-night", "/"), ("catalogue-night", "/catalogue"), ("style-night", "/style")):
            looked_at(night.go(path), name, axe)
        looked_at(signed_in(night, "mz.clerk", "/county"), "county-night", axe)
        check("pages looked at: %d" % pages, pages >= 40)
        well = not faults
    finally:
        for w in windows:
            w.close()
        bus.town.close(not well)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
