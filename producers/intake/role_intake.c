/* `lianou run intake`. */
#include "bus/base/log.h"
#include "bus/run/exit.h"
#include "producers/intake/intake.h"

static void intake_role_drain(void *data)
{
    intake_drain(data);
}

static int intake_role_run(const struct bus_run_role_args *args)
{
    static struct intake in;
    struct bus_role_frame frame;
    struct bus_err err;
    int rc = bus_role_frame_open(&frame, args, "intake");
    if (rc != BUS_EXIT_OK) {
        return rc;
    }
    if (intake_open(&in, &frame, true, &err) != BUS_OK ||
        intake_watch_registers(&in, &err) != BUS_OK ||
        intake_routes(&in, &err) != BUS_OK ||
        bus_run_loop_on_drain(frame.loop, intake_role_drain, &in, &err) !=
            BUS_OK) {
        rc = bus_role_frame_fail(&err);
    } else {
        if (in.journal.damaged_bytes > 0) {
            bus_log(BUS_LOG_WARN, "damaged bytes set aside",
                    "file=%s.damaged bytes=%llu", in.journal.path,
                    (unsigned long long)in.journal.damaged_bytes);
        }
        rc = bus_role_frame_run(&frame);
    }
    intake_fini(&in);
    bus_role_frame_close(&frame);
    return rc;
}

const struct bus_run_role intake_role = {
    .name = "intake",
    .usage = "",
    .summary = "takes applications over HTTP",
    .run = intake_role_run,
};
