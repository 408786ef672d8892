"""From ranking to budget: options, their costs, and the plan that is best under the ceilings."""
