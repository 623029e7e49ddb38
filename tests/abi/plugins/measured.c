/* A model in plain C whose measures leave open what is better: WRONG says in which way. It is never made. */
#include <atelier/abi.h>
#include <stddef.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

#if WRONG == 1 /* two of one name */
#define NAME TEXT("loss")
#define DIRECTION ATL_LARGER_IS_BETTER
#elif WRONG == 2 /* no name */
#define NAME \
  { NULL, 0 }
#define DIRECTION ATL_LARGER_IS_BETTER
#else /* a direction of no meaning */
#define NAME TEXT("sharpness")
#define DIRECTION 7
#endif

static const atl_measure measures[2] = {
    {sizeof(atl_measure), TEXT("loss"), ATL_SMALLER_IS_BETTER, 0, TEXT("nats"), TEXT("the loss")},
    {sizeof(atl_measure), NAME, DIRECTION, 0, TEXT(""), TEXT("another")}};
static const atl_description description = {
    sizeof description, TEXT("measured"), TEXT("Measured."), {NULL, 0}, {NULL, 0}, NULL, 0, NULL, 0, measures, 2};
static const atl_model_v1 table = {sizeof table, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
static const atl_component component = {sizeof component, TEXT(ATL_MODEL_V1), &description, &table};
static const atl_component* const components[] = {&component};

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  const atl_core* core = NULL;
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, ATL_ABI_MINOR, ATL_ABI_MINOR, &core);
  if (status != ATL_OK) {
    return status;
  }
  *plugin = (atl_plugin){sizeof *plugin, TEXT("measured"), TEXT("1.0.0"), components, 1};
  return ATL_OK;
}
