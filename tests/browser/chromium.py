"""Chromium and axe-core for tests. Neither is in the tree: Debian has the one, the
tests' Python the other."""
import importlib.util
import pathlib
import shutil
import sys

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support import expected_conditions
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None


PATIENCE = 115  # seconds of one command; the driver's own client waits for 120


def skip(why):
    print("SKIPPED: %s; ops/setup.sh test and tests/python.sh bring it" % why)
    sys.exit(77)


def axe_source():
    there = importlib.util.find_spec("axe_core_python")
    if there is None:
        skip("axe-core is not there")
    return (pathlib.Path(there.origin).parent / "axe.min.js").read_text()


class Window:
    """One browser with cookies of its own."""

    def __init__(self, base, width=1440, scripts=True, dark=False):
        if webdriver is None:
            skip("selenium is not in the tests' Python")
        if not shutil.which("chromium") or not shutil.which("chromedriver"):
            skip("chromium or its driver is not here")
        o = webdriver.ChromeOptions()
        o.binary_location = shutil.which("chromium")
        for a in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=zh-CN"):
            o.add_argument(a)
        self.base, self.scripts = base, scripts
        self.driver = webdriver.Chrome(options=o, service=Service(shutil.which("chromedriver")))
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)
        self.size(width)
        if dark:
            self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        if not scripts:
            self.cdp("Emulation.setScriptExecutionDisabled", value=True)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def size(self, width):
        self.width = width
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)

    def go(self, path):
        self.driver.get(self.base + path)
        return self

    def named(self, name, nth=0):
        return self.driver.find_elements("name", name)[nth]

    def fill(self, **fields):
        for name, value in fields.items():
            e = self.named(name.replace("__", "/"))
            if e.tag_name == "select":
                next(o for o in e.find_elements("tag name", "option") if o.get_attribute("value") == value).click()
            else:
                e.clear()
                e.send_keys(value)
        return self

    def press(self, go=None):
        """The form's button, of this value."""
        form = self.driver.find_elements("css selector", "main form")[-1]
        buttons = [b for b in form.find_elements("tag name", "button") if b.is_displayed() and b.get_attribute("tabindex") != "-1" and
                   (go is None or b.get_attribute("value") == go)]
        return self.leaving(buttons[0].click)

    def leaving(self, act):
        """What leads to another page; that page is there afterwards, whole."""
        before = self.driver.find_element("tag name", "html")
        act()
        WebDriverWait(self.driver, PATIENCE).until(expected_conditions.staleness_of(before))
        WebDriverWait(self.driver, PATIENCE).until(lambda d: d.execute_script("return document.readyState") == "complete"
                                              if self.scripts else d.find_elements("css selector", "main"))
        return self

    @property
    def text(self):
        return self.driver.find_element("tag name", "main").text

    def overflow(self):
        """Pixels by which the page is wider than the window."""
        m = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        return max(0, m["width"] - self.width)

    def picture(self, path):
        m = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": self.width, "height": min(m["height"], 4000), "scale": 1}
        import base64
        path.write_bytes(base64.b64decode(self.cdp("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]))

    def axe(self, source):
        self.driver.execute_script(source)
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations.map(v => v.id + ': ' + v.nodes[0].html)),"
            " e => done(['axe: ' + e]))")
        return found

    def close(self):
        self.driver.quit()
